"""The tab that compares two results."""
from typing import Any, List, Optional

import gradio as gr

from .compare_job import Compared, CompareJob
from .errors import AppError
from .page_error import page_error
from .plots import plot_difference
from .uploads import TEXT_RESULTS

#: Number of frames that are offered, those that differ most.
WORST = 8


class CompareTab:
    """Upload a video and two results, then look where they differ.

    It is made inside of ``gr.Blocks()``, and adds its parts there.

    Args:
        job (CompareJob): What compares.
    """

    def __init__(self, job: CompareJob) -> None:
        self.job = job
        self._compared = gr.State(None)
        with gr.Row():
            video = gr.File(label='Video', height=140,
                            elem_id='compare-upload')
            files = [
                gr.File(label=label, height=140, elem_id=name,
                        file_types=list(TEXT_RESULTS))
                for label, name in (('First result (orange)', 'first'),
                                    ('Second result (blue)', 'second'))
            ]
        with gr.Row():
            titles = job.titles()
            clip = gr.Dropdown(titles, value=titles[0], label='Clip')
            run = gr.Button('Compare', variant='primary', elem_id='compare')
        self._status = gr.Markdown(elem_id='compare-status')
        self._plot = gr.Plot(label='Difference', elem_id='difference')
        self._worst = gr.Radio(
            [], label='Frames that differ most', elem_id='worst')
        self._frame = gr.Slider(0, 1, 0, step=1, label='Frame')
        self._clip = gr.Image(
            label='The clip: first result above, second below',
            interactive=False, elem_id='clip')
        self._joints = gr.Dataframe(
            headers=['joint', 'distance (pixels)'], interactive=False,
            elem_id='distances')
        done = run.click(
            self._run, [video, *files, clip],
            [self._compared, self._status, self._plot, self._worst,
             self._frame],
            concurrency_limit=1, api_visibility='private')
        shown = [self._clip, self._joints]
        inputs = [self._compared, self._frame]
        done.success(self._view, inputs, shown, api_visibility='private')
        self._frame.release(self._view, inputs, shown,
                            api_visibility='private')
        self._worst.input(
            int, self._worst, self._frame, api_visibility='private').then(
                self._view, inputs, shown, api_visibility='private')

    def _run(self, video: Optional[str], first: Optional[str],
             second: Optional[str], clip: str) -> tuple:
        """Compare, and return what the page shows."""
        if not (video and first and second):
            raise page_error('choose a video and two results')
        try:
            compared = self.job.run(video, [first, second], clip)
        except AppError as problem:
            raise page_error(str(problem)) from problem
        found = compared.comparison
        worst = found.worst(WORST)
        choices = [
            (f'{frame} ({100 * found.difference[found.at(frame)]:.2g} %)',
             frame) for frame in worst
        ]
        first_frame, last = int(found.frames[0]), int(found.frames[-1])
        chosen = worst[0] if worst else first_frame
        return (compared, compared.summary(), plot_difference(found, worst),
                gr.Radio(choices, value=worst[0] if worst else None),
                gr.Slider(first_frame, max(last, first_frame + 1), chosen))

    @staticmethod
    def _view(compared: Optional[Compared], frame: float) -> List[Any]:
        """Return the clip of a frame, and the distances of its joints."""
        if compared is None:
            return [None, []]
        try:
            picture = compared.view(int(frame))
        except AppError as problem:
            raise page_error(str(problem)) from problem
        return [picture, [list(row) for row in compared.joints(int(frame))]]

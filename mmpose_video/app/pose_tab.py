"""The tab that estimates the poses of a video."""
import html
import threading
from typing import Any, List, Optional

import gradio as gr

from .curves import QUANTITIES, first_joints, people_of
from .errors import AppError, CancelledError
from .job import FILTERS, NO_FILTER, JobOptions, JobResult, PoseJob
from .page_error import page_error
from .plots import plot_joints
from .stops import Stops


class PoseTab:
    """Upload, choose, run; then watch, look at curves and download.

    It is made inside of ``gr.Blocks()``, and adds its parts there.

    Args:
        job (PoseJob): What runs.
        stops (Stops): The switches of the jobs.
    """

    def __init__(self, job: PoseJob, stops: Stops) -> None:
        self.job = job
        self.stops = stops
        self._result = gr.State(None, delete_callback=self._forget)
        with gr.Row():
            with gr.Column(scale=1):
                inputs = self._make_inputs()
                with gr.Row():
                    run = gr.Button('Run', variant='primary', elem_id='run')
                    stop = gr.Button('Stop', elem_id='stop')
            with gr.Column(scale=2):
                self._make_outputs()
        outputs = [self._result, self._video, self._status, self._files,
                   self._archive, self._person, self._joints]
        done = run.click(
            self._runner(), inputs, outputs, concurrency_id='model',
            concurrency_limit=1, show_progress_on=[self._status],
            api_visibility='private')
        curve = dict(
            fn=self._curves,
            inputs=[self._result, self._person, self._joints, self._quantity],
            outputs=self._plot, api_visibility='private')
        done.success(**curve)
        for part in (self._person, self._joints, self._quantity):
            part.input(**curve)
        stop.click(self._stop, None, self._status, queue=False,
                   api_visibility='private')

    def _make_inputs(self) -> List[Any]:
        """Make what is chosen before a run."""
        menu, finders = self.job.menu.titles(), self.job.finders()
        # not gr.Video: it calls what the browser cannot play an error
        video = gr.File(label='Video', height=140, elem_id='upload')
        model = gr.Dropdown(menu, value=menu[0], label='Model')
        people = gr.Dropdown(
            finders, value=finders[0], label='People are found by',
            elem_id='people')
        smoothing = gr.Dropdown(
            [NO_FILTER, *FILTERS], value='OneEuro', label='Smoothing')
        with gr.Accordion('Tracks and drawing', open=False):
            color_by = gr.Radio(
                [('body part', 'part'), ('person', 'track')], value='part',
                label='Color by')
            max_lost = gr.Slider(
                0, 100, 10, step=1,
                label='Frames that a person may be out of sight')
            threshold = gr.Slider(
                0, 1, 0.3, step=0.05, label='Lowest score of a drawn joint')
            max_frames = gr.Number(
                0, precision=0, minimum=0,
                label='Stop after so many frames (0: all)')
        return [video, model, people, smoothing, color_by, max_lost,
                threshold, max_frames]

    def _make_outputs(self) -> None:
        """Make what a run fills in."""
        self._status = gr.Markdown('Choose a video.', elem_id='status')
        self._video = gr.Video(
            label='Poses', interactive=False, height=400, elem_id='poses')
        with gr.Row():
            self._person = gr.Dropdown([], label='Person', elem_id='person')
            self._joints = gr.Dropdown(
                [], label='Joints', multiselect=True, scale=3,
                elem_id='joints')
            self._quantity = gr.Dropdown(
                list(QUANTITIES), value='y', label='Curve')
        self._plot = gr.Plot(label='Curves', elem_id='curves')
        self._archive = gr.File(
            label='Everything', interactive=False, elem_id='archive')
        self._files = gr.Files(
            label='Results by format', interactive=False, elem_id='files')

    def _runner(self) -> Any:
        """Return what the button calls."""

        def run(upload: Optional[str],
                model: str,
                people: str,
                smoothing: str,
                color_by: str,
                max_lost: float,
                threshold: float,
                max_frames: Optional[float],
                request: gr.Request,
                progress: gr.Progress = gr.Progress()  # noqa: B008
                ) -> tuple:
            options = JobOptions(
                model, people, smoothing, color_by, int(max_lost),
                float(threshold), int(max_frames or 0) or None)
            switch = self.stops.start(request.session_hash)
            return self._run(upload, options, switch, progress)

        return run

    def _run(self, upload: Optional[str], options: JobOptions,
             switch: threading.Event, progress: Any) -> tuple:
        """Run the job, and return what the page shows."""
        if upload is None:
            raise page_error('choose a video first')

        def report(done: int, total: Optional[int]) -> None:
            self.stops.check(switch)
            progress((done, total), desc='frames', unit='frames')

        progress(0, desc='loading the model')
        try:
            self.stops.check(switch)
            result = self.job.run(upload, options, report)
        except CancelledError:
            raise page_error('stopped; nothing was written') from None
        except AppError as problem:
            raise page_error(str(problem)) from problem
        return (result, *self._show(result))

    def _show(self, result: JobResult) -> tuple:
        """Return the new values of the outputs."""
        people = people_of(result.results)
        names = list(result.results.info.keypoints)
        frames = len(result.results.frames)
        who = '1 person' if len(people) == 1 else f'{len(people)} people'
        lines = [f'**{who} in {frames} frames**',
                 *(f'- {html.escape(note, quote=False)}'
                   for note in result.notes)]
        return (
            None if result.video is None else str(result.video),
            '\n'.join(lines), [str(path) for path in result.files],
            str(result.archive),
            gr.Dropdown(people, value=people[0] if people else None),
            gr.Dropdown(names, value=first_joints(names)))

    @staticmethod
    def _curves(result: Optional[JobResult], person: Optional[int],
                joints: List[str], quantity: str) -> Any:
        """Return the curves of a person."""
        if result is None or person is None:
            return None
        return plot_joints(result.results, int(person), joints, quantity)

    def _stop(self, request: gr.Request) -> str:
        """Stop the page's job."""
        self.stops.stop(request.session_hash)
        return 'Stopping ...'

    def _forget(self, result: Optional[JobResult]) -> None:
        """Remove the results of a page that was closed."""
        if result is not None:
            self.job.workspace.remove(result.folder)

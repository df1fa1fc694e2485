"""The page and its server."""
from typing import Any, NamedTuple, Optional

import gradio as gr

from .compare_job import CompareJob
from .compare_tab import CompareTab
from .job import PoseJob
from .pose_tab import PoseTab
from .stops import Stops

#: Jobs that may wait; further ones are asked to try again later.
MAX_WAITING = 16
#: Uploads are removed when they are that old, in seconds.
_UPLOAD_AGE = 24 * 3600


class Page(NamedTuple):
    """A page.

    Attributes:
        blocks (gr.Blocks): The page.
        stops (Stops): The switches of its jobs.
    """

    blocks: Any
    stops: Stops


def make_page(job: PoseJob) -> Page:
    """Make the page.

    Args:
        job (PoseJob): What runs on uploaded videos.
    """
    stops = Stops()

    def leave(request: gr.Request) -> None:
        stops.stop(request.session_hash)

    with gr.Blocks(
            title='mmpose_video',
            analytics_enabled=False,
            delete_cache=(_UPLOAD_AGE, _UPLOAD_AGE)) as blocks:
        gr.Markdown('# Poses of people in a video')
        with gr.Tab('Poses'):
            PoseTab(job, stops)
        with gr.Tab('Compare'):
            CompareTab(CompareJob(job.menu, job.max_bytes))
        blocks.unload(leave)
    blocks.queue(max_size=MAX_WAITING, api_open=False)
    return Page(blocks, stops)


def serve(page: Page, host: str, port: Optional[int],
          max_bytes: Optional[int], open_browser: bool = False) -> str:
    """Start the server in threads of this process.

    Args:
        page (Page): The page.
        host (str): Address to listen at.
        port (int, optional): None takes the first free one from 7860 on.
        max_bytes (int, optional): Largest upload.
        open_browser (bool): Open a browser, too. Defaults to False.

    Returns:
        str: The page's address.

    Raises:
        OSError: If the port is in use.
    """
    _, address, _ = page.blocks.launch(
        server_name=host,
        server_port=port,
        max_file_size=max_bytes,
        inbrowser=open_browser,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        mcp_server=False)
    return address

"""Errors that the page shows."""
import html

import gradio as gr


def page_error(message: str) -> gr.Error:
    """Return an error for the page.

    Args:
        message (str): The text. It may name files of a stranger: gradio shows
            messages as HTML, so it is escaped.
    """
    return gr.Error(html.escape(message, quote=False), print_exception=False)

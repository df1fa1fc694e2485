"""The app in the browser: ``mmpose-video app``.

What it computes is in plain functions and classes that know nothing of a
browser; only :mod:`~mmpose_video.app.page` and the modules of its two tabs
import gradio.
"""

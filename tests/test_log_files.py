"""A test leaves no log file of MMEngine open behind it.

The two belong together and run in this order.
"""
import logging.config

from mmengine.logging import MMLogger
from mmengine.model import BaseModule


def test_a_log_file_is_closed_by_others(tmp_path):
    logger = MMLogger.get_instance('run', log_file=str(tmp_path / 'run.log'))
    logging.config.dictConfig(dict(version=1))  # as Jupyter and uvicorn do
    closed, = (handler for handler in logger.handlers
               if isinstance(handler, logging.FileHandler))
    assert closed.stream is None


def test_later_models_are_initialized():
    logger = MMLogger.get_current_instance()
    assert not any(isinstance(handler, logging.FileHandler)
                   for handler in logger.handlers)
    BaseModule().init_weights()  # writes into the log file, if there is one

"""Run ONNX graphs by onnxruntime or OpenVINO."""
import importlib
from abc import ABC, abstractmethod
from typing import Any, Dict, List, Type

import numpy as np
import torch


class Session(ABC):
    """A graph that is ready to run.

    Args:
        path (str): The ONNX file.
        device (str): Device of the model, such as ``'cpu'``.

    Raises:
        ImportError: If the library is not installed.
    """

    @abstractmethod
    def __init__(self, path: str, device: str) -> None:
        pass

    @abstractmethod
    def run(self, inputs: Dict[str, np.ndarray]) -> List[np.ndarray]:
        """Run the graph.

        Args:
            inputs (dict): Arrays by the names of the inputs; those that the
                graph lacks are ignored.

        Returns:
            list[np.ndarray]: The outputs.
        """


class OnnxruntimeSession(Session):
    """onnxruntime, with as many threads as PyTorch has.

    On a GPU the providers of TensorRT and CUDA are tried first.
    """

    def __init__(self, path: str, device: str) -> None:
        runtime = _import('onnxruntime', 'onnxruntime')
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # waiting threads leave the processor to others
        options.add_session_config_entry('session.intra_op.allow_spinning',
                                         '0')
        options.log_severity_level = 3
        wanted = ['CPUExecutionProvider']
        if device.startswith('cuda'):
            wanted = ['TensorrtExecutionProvider', 'CUDAExecutionProvider',
                      *wanted]
        available = runtime.get_available_providers()
        self.session = runtime.InferenceSession(
            path, options, providers=[p for p in wanted if p in available])
        self.names = [value.name for value in self.session.get_inputs()]

    def run(self, inputs: Dict[str, np.ndarray]) -> List[np.ndarray]:
        """See :class:`Session`."""
        return self.session.run(
            None, {name: inputs[name] for name in self.names})


class OpenvinoSession(Session):
    """OpenVINO on the CPU, in float32."""

    def __init__(self, path: str, device: str) -> None:
        openvino = _import('openvino', 'openvino')
        core = openvino.Core()
        self.model = core.compile_model(
            core.read_model(path), 'CPU', {
                # else bfloat16 where the processor has it
                'INFERENCE_PRECISION_HINT': 'f32',
                'INFERENCE_NUM_THREADS': torch.get_num_threads(),
            })
        self.names = [value.get_any_name() for value in self.model.inputs]

    def run(self, inputs: Dict[str, np.ndarray]) -> List[np.ndarray]:
        """See :class:`Session`."""
        found = self.model({name: inputs[name] for name in self.names})
        return [np.array(found[i]) for i in range(len(self.model.outputs))]


#: Sessions by the name of the runtime.
RUNTIMES: Dict[str, Type[Session]] = dict(
    onnxruntime=OnnxruntimeSession, openvino=OpenvinoSession)


def _import(name: str, package: str) -> Any:
    """Import a library."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"runtime='{name}' needs `{package}`, which cannot be imported: "
            f'{error}. `pip install {package}`, and onnxscript for the '
            'export') from error

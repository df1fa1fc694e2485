"""Export networks to ONNX."""
from typing import Any, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

# the first opset with bilinear GridSample as PyTorch writes it
_OPSET = 20


def _layer_norm(x: Any,
                normalized_shape: Sequence[int],
                weight: Optional[Any] = None,
                bias: Optional[Any] = None,
                eps: float = 1e-5,
                cudnn_enable: bool = True) -> Any:
    """Translate a layer normalization.

    onnxruntime computes the variance as the mean of the squares minus the
    square of the mean, of which nothing is left where the mean is large
    (keypoints of DSTA were 0.04 pixels off): the mean is subtracted before.
    """
    from onnxscript import opset20 as op
    axes = list(range(-len(normalized_shape), 0))
    if weight is None:
        weight = op.Expand(op.Constant(value_float=1.),
                           op.Constant(value_ints=list(normalized_shape)))
    mean = op.ReduceMean(x, op.Constant(value_ints=axes), keepdims=1)
    return op.LayerNormalization(
        op.Sub(x, mean), weight, bias, axis=axes[0], epsilon=eps)[0]


def export_graph(module: nn.Module,
                 inputs: Tuple[Tensor, ...],
                 path: str,
                 input_names: Sequence[str],
                 output_names: Sequence[str],
                 dynamic: bool = True) -> Any:
    """Export a module to ONNX.

    Args:
        module (nn.Module): The module, in evaluation mode.
        inputs (tuple[Tensor]): Example inputs; their first dimension is not 0
            or 1, which exporters take for constants.
        path (str): The file to write.
        input_names (Sequence[str]): Names of the inputs.
        output_names (Sequence[str]): Names of the outputs.
        dynamic (bool): Leave the first dimension open. Defaults to True.

    Returns:
        Any: The exported program.
    """
    axes = tuple({0: 'N'} for _ in inputs) if dynamic else None
    # the fused layers of torch's Transformers have no conversion
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            program = torch.onnx.export(
                module, inputs,
                dynamo=True,
                opset_version=_OPSET,
                input_names=list(input_names),
                output_names=list(output_names),
                dynamic_shapes=axes,
                custom_translation_table={
                    torch.ops.aten.layer_norm.default: _layer_norm
                },
                verbose=False)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
    assert program is not None  # it is, with dynamo
    program.save(path)
    return program

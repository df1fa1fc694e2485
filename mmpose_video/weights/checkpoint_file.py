"""Write checkpoints."""
from pathlib import Path
from typing import Dict, Mapping

import torch
from torch import Tensor

from mmpose_video.formats.drafts import draft_of


def write_checkpoint(weights: Mapping[str, Tensor], layout: str,
                     path: Path) -> None:
    """Write converted weights; the file appears complete or not at all.

    Args:
        weights (Mapping[str, Tensor]): Weights under their new names.
        layout (str): The layout that they come from, noted in the file.
        path (Path): The file.
    """
    # a view would be saved with the whole of the memory that it looks at
    owned: Dict[str, Tensor] = {
        name: value if value.untyped_storage().nbytes() ==
        value.numel() * value.element_size() else value.clone()
        for name, value in weights.items()
    }
    with draft_of(str(path)) as draft:
        torch.save(
            dict(meta=dict(converted_from=layout), state_dict=owned), draft)

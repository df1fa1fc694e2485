"""Cut the tiny network out of a NetAug checkpoint.

``python -m projects.netaug.export CONFIG CHECKPOINT OUT``
"""
import argparse
import sys
from typing import List, Optional

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import MODELS

from mmpose_video.tools.get_flops import without_pretrained


def main(argv: Optional[List[str]] = None) -> int:
    """Write the checkpoint of a plain MobileNetV2 model; 1 on an error."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('config', help='config of the NetAug training')
    parser.add_argument('checkpoint', help='its checkpoint')
    parser.add_argument('out', help='checkpoint to write')
    args = parser.parse_args(argv)
    try:
        config = Config.fromfile(args.config)
        init_default_scope(config.get('default_scope', 'mmpose'))
        model = MODELS.build(without_pretrained(config.model.to_dict()))
        if not hasattr(model.backbone, 'tiny_state_dict'):
            raise ValueError(f'{args.config} is no config of NetAug')
        source = load_checkpoint(model, args.checkpoint, strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    state = {key: value for key, value in model.state_dict().items()
             if not key.startswith('backbone.')}
    state.update({f'backbone.{key}': value
                  for key, value in model.backbone.tiny_state_dict().items()})
    meta = {key: value for key, value in source.get('meta', {}).items()
            if key in ('dataset_meta', 'epoch', 'iter')}
    torch.save(dict(meta=meta, state_dict=state), args.out)
    width = model.backbone.widen_factor
    print(f'wrote {args.out}: weights of MobileNetV2(widen_factor={width}) '
          'and of the head')
    return 0


if __name__ == '__main__':
    sys.exit(main())

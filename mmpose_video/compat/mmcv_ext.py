"""Answer the compiled module ``mmcv._ext`` under mmcv-lite (first version)."""
import importlib.machinery
import sys
import types


class _Ext(types.ModuleType):

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)

        def missing(*args, **kwargs):
            raise NotImplementedError(f'mmcv operator {name}')

        return missing


def install() -> None:
    """Register the stand-in unless full mmcv is there."""
    try:
        import mmcv._ext  # noqa: F401
        return
    except ImportError:
        pass
    module = _Ext('mmcv._ext')
    module.__spec__ = importlib.machinery.ModuleSpec('mmcv._ext', None)
    sys.modules['mmcv._ext'] = module

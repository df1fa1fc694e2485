"""The notebook runs from top to bottom on a CPU."""
import json
from pathlib import Path

import pytest

NOTEBOOK = (
    Path(__file__).parents[2] / 'docs' / 'notebooks' / 'first_poses.ipynb')
#: What the page promises.
TEN_MINUTES = 600


def test_it_is_kept_without_outputs():
    cells = json.loads(NOTEBOOK.read_text())['cells']
    code = [cell for cell in cells if cell['cell_type'] == 'code']
    assert code
    assert not any(cell['outputs'] or cell['execution_count']
                   for cell in code)


@pytest.mark.slow
def test_it_runs(tmp_path, monkeypatch):
    """On a rendered clip; with random weights where MoveNet's are not."""
    for module in ('nbclient', 'nbformat', 'ipykernel'):
        pytest.importorskip(module, reason=f'{module} is not installed')
    import nbformat
    from nbclient import NotebookClient
    monkeypatch.delenv('VIDEO', raising=False)
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=TEN_MINUTES,
        resources=dict(metadata=dict(path=str(tmp_path)))).execute()
    said = [output.get('text', '') for cell in notebook.cells
            if cell.cell_type == 'code' for output in cell.outputs]
    assert any(text.startswith('24 frames, ') for text in said)
    drawn, = tmp_path.rglob('visualizations/*.mp4')
    assert drawn.stat().st_size > 10_000
    pictures = [output for cell in notebook.cells
                if cell.cell_type == 'code' for output in cell.outputs
                if 'image/png' in output.get('data', {})]
    assert len(pictures) == 2

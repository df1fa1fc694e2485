"""Write results in all formats, for download."""
import zipfile
from pathlib import Path
from typing import List, NamedTuple, Optional

from mmpose_video.formats.results import (
    RESULT_FORMATS,
    PoseResults,
    write_results,
)


class Exports(NamedTuple):
    """Files for download.

    Attributes:
        files (list[Path]): The files; folders are archives.
        notes (list[str]): A line for each format that could not be written.
    """

    files: List[Path]
    notes: List[str]


def export_all(results: PoseResults, folder: Path, name: str) -> Exports:
    """Write results in each format that can hold them.

    Args:
        results (PoseResults): The results.
        folder (Path): Where the files go.
        name (str): Their common name: ``<name>.<format>.<suffix>``.

    Raises:
        OSError: If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Exports([], [])
    for kind, writer in RESULT_FORMATS.items():
        path = folder / f'{name}.{kind}{writer.suffix}'
        try:
            write_results(results, str(path), kind)
        except (ValueError, ImportError) as error:
            made.notes.append(f'{kind}: {error}')
            continue
        if not writer.suffix:
            files = sorted(f for f in path.rglob('*') if f.is_file())
            made.files.append(
                zip_files(files, folder / f'{path.name}.zip', folder))
        elif path.exists():
            made.files.append(path)
        else:  # a file for each person
            made.files.extend(sorted(
                folder.glob(f'{path.stem}*{writer.suffix}')))
    return made


def zip_files(files: List[Path], path: Path,
              root: Optional[Path] = None) -> Path:
    """Put files into one archive.

    Args:
        files (list[Path]): The files.
        path (Path): The archive.
        root (Path, optional): Their names in the archive are those relative
            to this folder. Defaults to None, all side by side.

    Returns:
        Path: The archive.
    """
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(root or file.parent))
    return path

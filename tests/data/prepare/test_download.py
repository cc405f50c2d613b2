"""What was downloaded is never trusted: names that lead out, archives that end early, files that are something else."""

import gzip
import zipfile

import pytest

from intentfeed.data.prepare.download import checksums, open_download
from intentfeed.errors import DataError
from tests.data.prepare.downloads import folder, zipped


def read(member):
    with member.open() as handle:
        return handle.read()


def test_a_zip_a_folder_and_a_file_read_alike(tmp_path):
    archive = open_download(zipped(tmp_path / "a.zip", {"set/u.data": b"x", "__MACOSX/set/._u.data": b"y"}))
    unpacked = open_download(folder(tmp_path / "a", {"set/u.data": b"x", "set/.hidden": b"y"}))
    alone = open_download(tmp_path / "a" / "set" / "u.data")
    for download in (archive, unpacked, alone):
        assert len(download.members) == 1
        assert read(download.need("U.DATA")) == b"x"
    assert unpacked.opened == {"set/u.data"}


def test_names_that_lead_out_are_ignored(tmp_path):
    names = ["../u.data", "/etc/u.data", "a/../../u.data", "C:\\u.data", "..\\u.data", "set/u.data"]
    download = open_download(zipped(tmp_path / "a.zip", dict.fromkeys(names, b"x")))
    assert [member.name for member in download.members] == ["set/u.data"]
    assert len(download.ignored) == 5


def test_the_shallowest_of_a_name_counts(tmp_path):
    download = open_download(folder(tmp_path / "in", {"u.data": b"top", "old/u.data": b"deep"}))
    assert read(download.need("u.data")) == b"top"
    twice = open_download(folder(tmp_path / "two", {"a/u.data": b"1", "b/u.data": b"2"}))
    with pytest.raises(DataError, match="several files of one kind"):
        twice.need("u.data")


def test_folders_too_deep_are_not_searched(tmp_path):
    download = open_download(folder(tmp_path / "in", {"1/2/3/4/u.data": b"x", "1/2/3/4/5/u.data": b"y"}))
    assert [member.name for member in download.members] == ["1/2/3/4/u.data"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_an_archive_that_ends_early(tmp_path, share):
    whole = zipped(tmp_path / "whole.zip", {"u.data": bytes(range(256)) * 400}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"cut\.zip is no whole zip .*: download it again"):
        open_download(tmp_path / "cut.zip")


def test_an_archive_with_a_changed_byte(tmp_path):
    path = tmp_path / "changed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("u.data", b"1\t2\t3\t880000000\n" * 100)
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"u\.data is cut off or damaged \(Bad CRC"):
        read(open_download(path).need("u.data"))


def test_a_gzip_that_ends_early(tmp_path):
    packed = gzip.compress(b"".join(b"%d\n" % (n * n) for n in range(5000)))
    source = folder(tmp_path / "in", {"cut.json.gz": packed[: len(packed) // 2]})
    with pytest.raises(DataError, match=r"cut\.json\.gz is cut off or damaged"):
        read(open_download(source).need("*.gz"))


def test_what_is_not_there_or_not_a_zip(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        open_download(tmp_path / "nothing.zip")
    (tmp_path / "page.zip").write_text("<html>404</html>")
    with pytest.raises(DataError, match="is no whole zip"):
        open_download(tmp_path / "page.zip")
    with pytest.raises(DataError, match=r"holds no u\.data, only a/x\.txt: give --from the whole download"):
        open_download(folder(tmp_path / "in", {"a/x.txt": b""})).need("u.data")


def test_checksums_are_those_of_everybody(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    found = checksums(tmp_path / "f")
    assert found["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert found["md5"] == "900150983cd24fb0d6963f7d28e17f72"
    assert (found["name"], found["bytes"]) == ("f", 3)

"""Writes tars in every format that Python and GNU tar write, and what Python reads from them.

usage: python3 scripts/make_tars.py [--out internal/dataset/testdata]

For each tars/NAME.tar there is NAME.json: a list of {"name", "sha256", "label"} of its images in their order, as WebDataset
groups them: label is the text of the .cls beside the image or what its .json says, else null. Hidden files are left
out. What stands for an image is six bytes that begin one, and a few more. sparse/ has
tars of files that GNU tar stored without their zeros.
"""
import argparse
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile

LONG = "directory-" * 12 + "/" + "name-" * 30  # more than the 100 bytes of a plain header, and its directory than 155


def picture(n):
    return b"GIF89a" + bytes([n]) * (3 + 500 * n)


def members(long):
    """Files as they come in the tar: samples with their class before, behind and between, and without one."""
    yield "00/a.cls", b"3\n"
    yield "00/a.jpg", picture(0)
    yield "00/b.JPEG", picture(1)
    yield "00/b.json", json.dumps({"width": 4, "label": 7}).encode()
    yield "./00/c.txt", b"a caption"
    yield "./00/c.png", picture(2)
    yield "./00/c.cls", b"golf ball"
    yield "00/.hidden.png", picture(3)
    yield "00/._a.jpg", picture(3)
    yield "é/ß.webp", picture(4)
    yield "é/ß.json", json.dumps({"caption": "none", "class": None}).encode()
    yield "first.second.jpg", picture(5)
    yield "first.cls", b"tench"
    if long:
        yield LONG + ".jpg", picture(6)
        yield LONG + ".cls", b"12"


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def write_python(path, format, long):
    with tarfile.open(path, "w", format=format, encoding="utf-8") as tar:
        folder = tarfile.TarInfo("00")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, data in members(long):
            add(tar, name, data)


def write_gnu(path, *options):
    with tempfile.TemporaryDirectory() as root:
        names = []
        for name, data in members(True):
            place = os.path.join(root, name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as f:
                f.write(data)
            names.append(name)
        subprocess.run(["tar", "-C", root, "-cf", path, "--mtime=@0", "--owner=0", "--group=0", *options, "--no-recursion", *names], check=True)


def write_sparse(path, format):
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, "holes.png"), "wb") as f:
            f.write(picture(1))
            f.seek(1 << 20)
            f.write(b"end")
        with open(os.path.join(root, "z.jpg"), "wb") as f:
            f.write(b"GIF89awhole")
        subprocess.run(["tar", "-C", root, "-cSf", path, "--mtime=@0", "--owner=0", "--group=0", f"--format={format}", "holes.png", "z.jpg"], check=True)


def read(path):
    """The images of a tar by Python's own reader, with the label of their sample."""
    labels, images = {}, []
    with tarfile.open(path, encoding="utf-8") as tar:
        for member in tar:
            name = os.path.normpath(member.name)
            base = os.path.basename(name)
            if not member.isfile() or base.startswith("."):
                continue
            key = os.path.join(os.path.dirname(name), base.split(".")[0])
            data = tar.extractfile(member).read()
            extension = name.rsplit(".")[-1].lower()
            if extension == "cls":
                labels[key] = data.decode().strip()
            elif extension == "json":
                said = json.loads(data)
                label = said.get("label", said.get("class"))
                if label is not None:
                    labels[key] = str(label)
            elif extension in ("jpg", "jpeg", "png", "webp"):
                images.append((key, name, data))
    return [{"name": name, "sha256": hashlib.sha256(data).hexdigest(), "label": labels.get(key)} for key, name, data in images]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "..", "internal", "dataset", "testdata"))
    out = os.path.join(parser.parse_args().out, "tars")
    sparse = os.path.join(os.path.dirname(out), "sparse")
    os.makedirs(out, exist_ok=True)
    os.makedirs(sparse, exist_ok=True)
    write_python(os.path.join(out, "python-ustar.tar"), tarfile.USTAR_FORMAT, False)
    write_python(os.path.join(out, "python-gnu.tar"), tarfile.GNU_FORMAT, True)
    write_python(os.path.join(out, "python-pax.tar"), tarfile.PAX_FORMAT, True)
    for format in "oldgnu", "gnu", "posix":
        write_gnu(os.path.join(out, f"gnu-{format}.tar"), f"--format={format}")
    for format in "gnu", "posix":
        write_sparse(os.path.join(sparse, f"{format}.tar"), format)
    for file in sorted(os.listdir(out)):
        if file.endswith(".tar"):
            found = read(os.path.join(out, file))
            with open(os.path.join(out, file[:-4] + ".json"), "w") as f:
                json.dump(found, f, indent=1)
                f.write("\n")
            print(file, len(found), "images")


if __name__ == "__main__":
    main()

"""The licence texts that a crate brings, and those of what is inside some crates."""

import re
import zipfile
from pathlib import Path

from .crates import folder
from .spdx import chosen

HERE = Path(__file__).parent

# A file of a licence is known by its name, or by a sentence that only this licence has.
MARKS = {
    "MIT": ("MIT", "Permission is hereby granted, free of charge"),
    "Apache-2.0": ("APACHE", "http://www.apache.org/licenses"),
    "ISC": ("ISC", "Permission to use, copy, modify, and/or distribute"),
    "Zlib": ("ZLIB", "This software is provided 'as-is'"),
    "BSD-3-Clause": ("BSD", "Redistribution and use in source and binary forms"),
    "Unicode-3.0": ("UNICODE", "UNICODE LICENSE V3"),
}

MIT = """MIT License

Copyright (c) {holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""

PUBLIC_DOMAIN = """The authors of SQLite disclaim copyright to its source code and have dedicated it to the public domain:
https://www.sqlite.org/copyright.html"""


def tidy(text):
    """The same text for files that differ in line ends and margins only."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\f", "").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def of_crate(package, allowed):
    """The licence under which the crate is used, and the texts that go with it."""
    licences = chosen(package["license"] or "", allowed) if package["license"] else None
    if licences is None:
        raise SystemExit(f"{package['name']}: {package['license']!r} is not allowed by deny.toml")
    files = {}
    for path in sorted(folder(package).iterdir()):
        if re.match(r"(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|UNLICENSE)", path.name, re.I) and path.is_file():
            files[path.name] = tidy(path.read_text(encoding="utf-8", errors="replace"))
    notices = [text for name, text in files.items() if name.upper().startswith("NOTICE")]
    named = [text for name, text in files.items() if any(_is(name, text, it) for it in licences)]
    texts = (named or [text for text in files.values() if text not in notices]) + notices
    if not texts:
        texts = [_standard(package, licences)]
    return " AND ".join(sorted(licences)), list(dict.fromkeys(texts))


def _is(name, text, licence):
    word, sentence = MARKS.get(licence, (licence, licence))
    rest = re.sub(r"^(LICEN[CS]E|COPYING|COPYRIGHT)[-._]?", "", name.upper()).removesuffix(".TXT").removesuffix(".MD")
    return word in rest if rest else sentence in text


def _standard(package, licences):
    """A crate without a file: its licence's own text, with the authors that it names."""
    if licences != {"MIT"}:
        raise SystemExit(f"{package['name']} {package['version']} brings no text of {sorted(licences)}")
    return MIT.format(holder=", ".join(package["authors"]) or f"the authors of {package['name']}")


def inside(package):
    """What is inside a crate and not of its authors: (name, licence, address, texts)."""
    place = folder(package)
    if package["name"] == "libsqlite3-sys":
        header = (place / "sqlite3/sqlite3.h").read_text(encoding="utf-8")
        version = re.search(r'SQLITE_VERSION\s+"([^"]+)"', header).group(1)
        yield f"SQLite {version}", "public domain", "https://www.sqlite.org", [PUBLIC_DOMAIN]
    if package["name"] == "aws-lc-sys":
        texts = [tidy((place / it).read_text(encoding="utf-8")) for it in ("aws-lc/LICENSE", "aws-lc/third_party/fiat/LICENSE")]
        yield f"AWS-LC, in aws-lc-sys {package['version']}", "see its text", "https://github.com/aws/aws-lc", texts
    if package["name"] == "utoipa-swagger-ui-vendored":
        yield _swagger_ui(next((place / "res").glob("*.zip")))


def _swagger_ui(archive):
    version = archive.stem.removeprefix("v")
    prefix = f"swagger-ui-{version}/"
    with zipfile.ZipFile(archive) as files:
        texts = [tidy(files.read(prefix + name).decode()) for name in ("LICENSE", "NOTICE")]
    # The bundle names this file, which is in the npm package swagger-ui-dist and not in the crate.
    bundle = (HERE / "swagger-ui-bundle.txt").read_text(encoding="utf-8")
    return f"Swagger UI {version}", "Apache-2.0", "https://github.com/swagger-api/swagger-ui", [*texts, tidy(bundle)]

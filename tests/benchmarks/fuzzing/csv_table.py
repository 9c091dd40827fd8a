"""CSV: a table is read and checked, or refused in one sentence."""

from lab.data import load
from lab.errors import LabError
from lab.reading.how import How
from lab.reading.read import read

NAME, COUNT = "csv", 100_000
TOKENS = (
    b"a,b",
    b"\t",
    b"|",
    b"target",
    b"2020-02-30",
    b"31.12.1999",
    b"1.234,5",
    b"'",
    b"\r",
    b"\xff\xfe",
    b'""',
    b"?",
    b"<NA>",
    b"sep=;",
    b"# ",
    b"Total",
    b"12 %",
    b"(1,200)",
    b"14/02/2024",
    b"-999",
    b"\xe4\xdf",
)


def seeds(folder):
    rows = "".join(
        f"{i},{i * 0.37 % 5:.3f},{['red', 'blue', 'green'][i % 3]},2024-01-{1 + i % 28:02d},{i % 2}\n"
        for i in range(40)
    )
    plain = "id,size,colour,day,target\n" + rows
    german = plain.replace(",", ";").replace(".", ",")
    quoted = 'id,"a, b",target\n' + "".join(
        f'{i * 7 % 11},"x ""{i % 3}"", y",{"yes" if i % 3 else "no"}\n' for i in range(30)
    )
    missing = "a,b,target\n" + "".join(
        f"{i * 3 % 7 if i % 4 else ''},{'NA' if i % 5 == 0 else i * i % 13},{i * 1.5}\n" for i in range(30)
    )
    return [plain.encode(), german.encode(), quoted.encode(), missing.encode(), plain.encode("utf-16")]


def attempt(path):
    try:
        table = read(str(path), How()).table
        load.load(str(path), table.column_names[-1])
    except LabError as error:
        str(error).encode(errors="surrogateescape")
        return type(error).__name__
    return "read"

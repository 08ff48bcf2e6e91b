"""Where each data set comes from: a pinned address and the checksum of its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_RAW = "https://raw.githubusercontent.com"
_DEEPCHEM = f"{_RAW}/deepchem/deepchem/fbe3b911a94a6eb8c84c1a9e7ac67a472c49ea80/datasets"
_COLLECTION = (
    f"{_RAW}/GLambard/Molecules_Dataset_Collection"
    "/beb35cd0b76db5adef6cb1fa55807e4cd309aaed/originals"
)
_REVIEWS = (
    f"{_RAW}/Abirate/Dataset_Creation_Scrapy_Project_French_book_reviews"
    "/cc505dbcae96e08a03041338d1a974bdbca8f163"
    "/Scrape_Site_Critiques_libres/critiques_libres_scraping"
)
_ABIRATE = (
    "A. Eltaief, French book reviews, "
    "github.com/Abirate/Dataset_Creation_Scrapy_Project_French_book_reviews"
)
_SCRAPED = "CC0 by the collector's card; written by the readers of a public site: do not pass on"
_CHEMBL = (
    "B. Zdrazil et al., The ChEMBL Database in 2023, Nucleic Acids Res. 52 (2024) D1180-D1192, "
    "doi 10.1093/nar/gkad1004"
)


class Unavailable(OSError):
    """Raised when a file cannot be had: no network, a wrong checksum, a broken download."""


class Malformed(ValueError):
    """Raised when a file is there but its contents are not the table that was expected."""


@dataclass(frozen=True)
class Source:
    """Describe one downloadable file.

    Args:
        file: the name of the file on disk, in the cache and in `W2S_DATA_DIR`.
        url: the pinned address, `http` or `https`; empty for a file that no public address serves.
        sha256: the SHA-256 of the file's bytes, 64 hexadecimal digits.
        citation: what to cite when the data are used.
        licence: the terms under which the data are offered.

    Example:
        >>> SOURCES["esol"].file
        'delaney-processed.csv'
    """

    file: str
    url: str
    sha256: str
    citation: str = ""
    licence: str = ""

    @property
    def remedy(self) -> str:
        """Say where the file comes from and how to supply it by hand."""
        if not self.url:
            return (
                f"No public address serves it. Put your copy, named {self.file!r}, into a folder "
                f"and set the environment variable W2S_DATA_DIR to that folder (SHA-256 "
                f"{self.sha256})."
            )
        return (
            f"Its address is {self.url} . To supply it by hand, download that address, keep the "
            f"file name {self.file!r}, and set the environment variable W2S_DATA_DIR to the "
            f"folder that holds it (SHA-256 {self.sha256})."
        )


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "esol": Source(
            file="delaney-processed.csv",
            url=f"{_DEEPCHEM}/delaney-processed.csv",
            sha256="8c06a76f0c6487d29ab0f903e6a7a7139f189ab3c1178f159c8be8964602f189",
            citation="J. S. Delaney, ESOL: Estimating Aqueous Solubility Directly from Molecular "
            "Structure, J. Chem. Inf. Comput. Sci. 44 (2004) 1000-1005, doi 10.1021/ci034243x",
            licence="MIT (repository deepchem/deepchem); data of Delaney (2004)",
        ),
        "freesolv": Source(
            file="SAMPL.csv",
            url=f"{_COLLECTION}/FreeSolv_SAMPL.csv",
            sha256="ab5895d914ee87cb563bd7b9611e869527bba45bec6b014d34dc495a0f9dcb72",
            citation="D. L. Mobley, J. P. Guthrie, FreeSolv: a database of experimental and "
            "calculated hydration free energies, with input files, J. Comput. Aided Mol. Des. 28 "
            "(2014) 711-720, doi 10.1007/s10822-014-9747-x",
            licence="MIT (repository GLambard/Molecules_Dataset_Collection); data of the Mobley "
            "laboratory",
        ),
        "lipop": Source(
            file="Lipophilicity.csv",
            url=f"{_COLLECTION}/Lipophilicity.csv",
            sha256="aed41590cb30609d51d8e08ad3ff06495a76e80e211358801f596b10da69bacd",
            citation="A. Hersey, ChEMBL deposited data set: AstraZeneca (2015), doi "
            "10.6019/CHEMBL3301361",
            licence="CC BY-SA 3.0 (ChEMBL); repository GLambard/Molecules_Dataset_Collection, MIT",
        ),
        "corpus": Source(
            file="chembl_subset_flat.smi.gz",
            url="",
            sha256="7de6af4c9a9b65c5453962abe3cb9bc9b1d958f8c07eb884a16bada64e41b117",
            citation=f"A ChEMBL subset: 616,561 molecules of public extracts. {_CHEMBL}",
            licence="CC BY-SA 3.0 (ChEMBL)",
        ),
        "overlap": Source(
            file="overlap_with_qsar_flat.txt",
            url="",
            sha256="00447e93443c25f31d87cc75a2a0472b9b692f6f8ab88b03e016ff07ba92246e",
            citation=f"The ChEMBL subset's molecules of ESOL, FreeSolv and Lipop. {_CHEMBL}",
            licence="CC BY-SA 3.0 (ChEMBL)",
        ),
        "babelio": Source(
            file="babelio_reviews.jsonl",
            url=f"{_REVIEWS}/babelio_reviews.jsonl",
            sha256="b378834c0a703bccc969acc653f036f61941325747cbc9ef7dfe29becb2a954f",
            citation=f"{_ABIRATE} (reviews of babelio.com)",
            licence=_SCRAPED,
        ),
        "critiques": Source(
            file="critiques_libres_reviews.jsonl",
            url=f"{_REVIEWS}/critiques_libres_reviews.jsonl",
            sha256="d93ad5a3e0378b66913cda9d87c543fa92f2b07de7ef6f4861871992adb80854",
            citation=f"{_ABIRATE} (reviews of critiqueslibres.com)",
            licence=_SCRAPED,
        ),
    }
)

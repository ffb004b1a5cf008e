"""The documentation site: ``make docs`` builds it in build/site, and a warning is an error."""

import hashlib
import os
import platform
import sys
from importlib.metadata import distributions
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parent / "build"
EXTENSION = HERE / "_ext"
sys.path.insert(0, str(EXTENSION))

import spikeglm  # noqa: E402  (after the path of the extension)

project = "spikeglm"
author = "The spikeglm developers"
copyright = author
release = version = spikeglm.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "spikeglm_site",
]
source_suffix = {".md": "myst-nb", ".rst": "restructuredtext"}
exclude_patterns = ["_*", "**/.ipynb_checkpoints"]
highlight_language = "none"  # what is indented is mostly a formula
templates_path = ["_templates"]


def _code_of_pages() -> str:
    """What outputs depend on beside the pages: the library, its data, what is installed."""
    code = hashlib.sha256(platform.python_version().encode())
    files = [
        *Path(spikeglm.__file__).parent.rglob("*"),
        EXTENSION / "spikeglm_site" / "kernel_setup.py",
    ]
    for file in sorted(f for f in files if f.is_file() and f.suffix != ".pyc"):
        code.update(file.name.encode() + file.read_bytes())
    for found in sorted(f"{d.metadata['Name']} {d.version}" for d in distributions()):
        code.update(found.encode())
    return code.hexdigest()[:16]


# Pages run in kernels of this interpreter, each in a folder of its own, and again if they change.
code_of_pages = _code_of_pages()
nb_execution_mode = "cache"
nb_execution_cache_path = str(BUILD / "executed" / code_of_pages)
nb_execution_in_temp = True
nb_execution_show_tb = True  # and a warning, which is an error
nb_execution_timeout = 120
nb_merge_streams = True
os.environ["IPYTHONDIR"] = str(BUILD / "ipython")
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(EXTENSION), *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # pages run beside each other

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_type_aliases = {
    name: name for name in ("Array", "ArrayLike", "BoolArray", "FloatArray", "IntArray")
}
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autosummary_generate = False
default_role = "code"
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = f"spikeglm {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "spikeglm"},
    "collapse_navigation": True,
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_toc_level": 2,
    "article_header_end": ["notebook"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

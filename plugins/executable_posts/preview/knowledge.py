"""What is known of functions that cells call: which change nothing, which draw, which touch files.

Whatever is not listed here may change all that it is given, draw random numbers, read and write.
"""

import re
import sys

# They look at what they are given, and what they return holds none of it.
LOOKING = frozenset(
    "abs bin bool bytes callable chr complex divmod float format hasattr hash hex id int isinstance"
    " issubclass len ord pow print range repr round str type".split()
)
# They go through what they are given: an iterator is another one afterwards, a list is not.
GOING_THROUGH = frozenset(
    "all any dict enumerate filter frozenset list map max min reversed set slice sorted sum tuple"
    " zip iter".split()
)
# What they do, or where, cannot be seen in the code.
OPAQUE = frozenset(
    "__import__ breakpoint compile delattr display_hook eval exec get_ipython globals import_module"
    " locals reload run_cell run_line_magic run_path setattr vars".split()
)
# What IPython keeps of cells that ran before.
HISTORY = re.compile(r"_+|_i+|_i?\d+|In|Out|_i|_ih|_oh|_dh|exit|quit")

# Of lists, dictionaries, sets and texts.
PLAIN_METHODS = frozenset(
    "copy count index keys values items get union intersection difference symmetric_difference"
    " issubset issuperset isdisjoint".split()
)
# Of NumPy's arrays, and of what pandas makes: these change what they are called on; others do not.
ARRAY_CHANGES = frozenset(
    "sort fill put resize partition itemset setflags insert pop update setfield byteswap sample"
    " plot hist boxplot __setitem__ __delitem__ __iadd__ apply map pipe transform agg aggregate"
    " applymap to_iterator".split()
)
# Of NumPy's functions, those that change what they are given.
ARRAY_FUNCTIONS_THAT_CHANGE = frozenset(
    "put place copyto fill_diagonal putmask put_along_axis shuffle nditer".split()
)
# With them a method or function changes what it is given, or returns an iterator.
CHANGING_KEYWORDS = frozenset(
    {"inplace", "out", "chunksize", "iterator", "copy", "overwrite_input"}
)

ARRAYS = frozenset({"numpy", "pandas"})
PLOTTING = frozenset({"matplotlib", "seaborn", "mpl_toolkits"})
# To call a function of these changes the function's module not, and draws no random numbers.
KNOWN = (
    ARRAYS
    | PLOTTING
    | frozenset(
        "random math cmath json re itertools functools collections datetime time statistics string"
        " textwrap pathlib os sys glob csv io copy dataclasses typing enum decimal fractions"
        " operator PIL IPython pprint warnings abc contextlib types heapq bisect hashlib zipfile"
        " gzip shutil tempfile subprocess urllib platform calendar locale logging numbers"
        " unicodedata difflib inspect base64 struct array traceback timeit gc __future__".split()
    )
)
# To import them changes nothing for others.
QUIET_IMPORTS = sys.stdlib_module_names | frozenset(
    "keras tensorflow tf_keras torch torchvision jax sklearn scipy plotly altair bokeh sympy"
    " networkx statsmodels tqdm requests bs4 yaml lxml nltk spacy cv2 skimage h5py".split()
)
# Their functions leave what they are given as it was.
HARMLESS = frozenset(
    "math cmath json re statistics string textwrap datetime time pprint decimal fractions numbers"
    " unicodedata hashlib difflib base64 calendar platform typing".split()
)

RANDOM = ("random", "numpy", "keras", "torch", "other")
"""The generators of random numbers that have a state of the whole process."""

# Which of them a package may draw from.
_DRAWS = {
    "random": ("random",),
    "numpy": ("numpy",),
    "pandas": ("numpy",),
    "scipy": ("numpy",),
    "sklearn": ("numpy",),
    "seaborn": ("numpy",),
    "keras": ("keras", "numpy", "random"),
    "tensorflow": ("keras", "numpy", "random"),
    "torch": ("torch", "numpy", "random"),
}
# Of packages that are known to draw, the functions that do.
_DRAWING_NAMES = re.compile(r"random|sample|shuffle|rand|seed|choice|bootstrap|rvs")


def draws(module: str) -> tuple[str, ...]:
    """The generators from which the function or object `module`, by its full name, may draw."""
    package = module.partition(".")[0]
    if package in KNOWN and not (package in _DRAWS and _DRAWING_NAMES.search(module)):
        return ()
    return _DRAWS.get(package, RANDOM)


def seeds(function: str) -> tuple[str, ...]:
    """The generators whose state is what the call of `function` says, whatever it was before."""
    if function.endswith("set_random_seed"):
        return ("keras", "numpy", "random")
    if function in {"numpy.random.seed", "random.seed"}:
        return (function.split(".", maxsplit=1)[0],)
    return ()


_READS_FILES = re.compile(
    r"open|read|load|glob|exist|listdir|walk|stat|is_file|is_dir|iterdir|getsize|Image|fetch|urlopen"
    r"|getcwd|cwd|run|Popen|system|check_|get_data|scandir|resolve|absolute"
)
_WRITES_FILES = re.compile(
    r"open|write|save|dump|^to_|remove|unlink|mkdir|makedirs|rename|replace|copy|move|touch|rmdir"
    r"|rmtree|chdir|run|Popen|system|check_|extract|retrieve|symlink|truncate|download|mkstemp|mkdtemp"
)
_STYLE = re.compile(
    r"rc|style|set_theme|set_style|set_context|set_palette|^set$|reset|use$|switch_backend|ion$|ioff$"
    r"|set_matplotlib_formats|close_figures|colormaps|register|register_cmap|font_manager|addfont"
)
_SETTINGS = re.compile(
    r"set_printoptions|set_option|option|seterr|setlocale|filterwarnings|simplefilter|resetwarnings"
    r"|environ|putenv|unsetenv|setrecursionlimit|register|basicConfig|setLevel|getLogger|tzset|umask"
    r"|getcontext|setcontext|chdir|set_floatx|set_backend|set_image_data_format|precision|disable"
    r"|enable|setprofile|settrace|addaudithook|atexit|signal"
)


def reads_files(name: str) -> bool:
    """Whether a function or method that is called `name` may read files."""
    return bool(_READS_FILES.search(name))


def writes_files(name: str) -> bool:
    """Whether it may write them, or change where names lead."""
    return bool(_WRITES_FILES.search(name))


def sets_style(name: str) -> bool:
    """Whether a function of a plotting package may change how all later figures look."""
    return bool(_STYLE.search(name))


def sets_settings(name: str) -> bool:
    """Whether a function may change something that the whole process has in common."""
    return bool(_SETTINGS.search(name))

"""How the functions of this folder are compiled: into the function that calls them, and without counting references to arrays.

A state is thirty arrays; called as they are, functions would count the references to all of them each time, which takes five times as long as
their work. So none of them may make an array (but `fresh`, which is compiled as usual). After a change to one of them delete
`__pycache__`: numba looks for changes in the calling function's own file only.
"""
from numba import njit

inlined = njit(cache=True, forceinline=True, _nrt=False)
# Called from Python, or once a call of the network.
outermost = njit(cache=True, nogil=True, _nrt=False)

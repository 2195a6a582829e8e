# The package's own stub takes `error` for an instance. These are drop-in replacements, and typed as what they replace.
from zlib import decompressobj as decompressobj
from zlib import error as error

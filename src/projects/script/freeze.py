"""
Compiles the `ixian` package into a C++ table of frozen modules. Usage: freeze.py OUTPUT FOLDER

Dockerfiles and templates that lie beside the modules are compiled in too, as texts: ixian._files.FILES, by their path in the folder.
"""

import marshal
import os
import sys


def modules(folder):
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                path = os.path.join(parent, name)
                relative = os.path.relpath(path, folder)
                dotted = relative[:-3].replace(os.sep, ".")
                is_package = name == "__init__.py"
                with open(path, "rb") as file:
                    yield dotted.removesuffix(".__init__"), relative, file.read(), is_package
    yield "ixian._files", "ixian/_files.py", f"FILES = {dockerfiles(folder)!r}\n", False


def dockerfiles(folder):
    found = {}
    for parent, _, files in os.walk(folder):
        for name in files:
            if name == "Dockerfile" or name.endswith(".jinja"):
                path = os.path.join(parent, name)
                with open(path, encoding="utf-8") as file:
                    found[os.path.relpath(path, folder)] = file.read()
    return dict(sorted(found.items()))


def main(output, folder):
    arrays, rows = [], []
    for index, (name, relative, source, is_package) in enumerate(modules(folder)):
        code = compile(source, f"<ixian>/{relative}", "exec", dont_inherit=True, optimize=0)
        data = marshal.dumps(code)
        arrays.append(f"const unsigned char kCode{index}[] = {{{','.join(map(str, data))}}};")
        rows.append(f'    {{"{name}", kCode{index}, sizeof(kCode{index}), {str(is_package).lower()}}},')
    with open(output, "w") as file:
        file.write('#include "script/frozen.h"\n\nnamespace ixian::script {\nnamespace {\n\n')
        file.write("\n".join(arrays))
        file.write("\n\nconst FrozenModule kModules[] = {\n" + "\n".join(rows) + "\n};\n\n}  // namespace\n\n")
        file.write("std::span<const FrozenModule> frozen_modules() { return kModules; }\n\n}  // namespace ixian::script\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

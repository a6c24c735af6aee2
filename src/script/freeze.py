"""Compiles the `ixian` package into a C++ table of frozen modules. Usage: freeze.py OUTPUT FOLDER"""

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
                yield dotted.removesuffix(".__init__"), relative, path, is_package


def main(output, folder):
    arrays, rows = [], []
    for index, (name, relative, path, is_package) in enumerate(modules(folder)):
        with open(path, "rb") as file:
            code = compile(file.read(), f"<ixian>/{relative}", "exec", dont_inherit=True, optimize=0)
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

# Installation: libraries, headers, tools, and the package files of find_package(scission).

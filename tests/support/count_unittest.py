#!/usr/bin/env python3
"""Runs unittest files and prints `PASSED FAILED SKIPPED`, then one reason a skipped test.

    count_unittest.py LOG FILE...

The tests' own output goes to LOG. Exit 0 if the counting worked, whatever the tests did.
"""
import importlib.util
import os
import sys
import unittest


def load(path):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main():
    log, files = sys.argv[1], sys.argv[2:]
    with open(log, "w", encoding="utf-8") as out:
        suite = unittest.TestSuite(load(path) for path in files)
        result = unittest.TextTestRunner(stream=out, verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(result.testsRun - bad - len(result.skipped), bad, len(result.skipped))
    for test, reason in result.skipped:
        print(f"{test.id()}: {reason}")


if __name__ == "__main__":
    main()

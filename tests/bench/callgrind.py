"""Reads what valgrind's callgrind writes: instructions by function and by layer."""
import collections
import pathlib
import re

ROUNDS = 60  # of handing the cost of shared helpers up to their callers
ALLOCATING = {"malloc", "calloc", "realloc"}
ALLOCATOR = re.compile(r"(_int_)?(malloc|free|realloc|calloc)(_consolidate)?$|unlink_chunk"
                       r"|operator (new|delete)|tcache_|sysmalloc|systrim")
NAMED = re.compile(r"\((\d+)\)(?: (.+))?$")


def command(out_file, words):
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out_file}", *map(str, words)]


class Profile:
    """`self_cost`: {(library, function): instructions}; `calls`: {(caller, callee): instructions};
    `times`: {function: how often it was called}."""

    def __init__(self):
        self.self_cost = collections.Counter()
        self.calls = collections.Counter()
        self.times = collections.Counter()

    @property
    def total(self):
        return sum(self.self_cost.values())

    def per(self, count, less):
        """What one of `count` more things cost than `less`: starting and ending fall out."""
        one = Profile()
        for kind in ("self_cost", "calls", "times"):
            theirs, result = getattr(less, kind), getattr(one, kind)
            for key, cost in getattr(self, kind).items():
                if (left := cost - theirs[key]) > 0:
                    result[key] = left / count
        return one

    def allocation(self):
        """(how often malloc and its like were called, their share of all instructions)."""
        times = sum(self.times[name] for name in ALLOCATING)
        cost = sum(cost for (_, name), cost in self.self_cost.items() if ALLOCATOR.match(name))
        return times, cost / self.total if self.total else 0.0

    def by_function(self):
        """[(function, library, instructions)], the dearest first."""
        return [(name, library, cost) for (library, name), cost in self.self_cost.most_common()]

    def by_library(self):
        libraries = collections.Counter()
        for (library, _), cost in self.self_cost.items():
            libraries[library] += cost
        return libraries

    def by_layer(self, layer_of):
        """{layer: instructions}: layer_of(library, function) names the layer of a function, or None for a
        shared helper, whose cost goes to its callers in the shares in which they cause it."""
        layers = collections.Counter()
        callers = collections.defaultdict(list)
        for (caller, callee), cost in self.calls.items():
            if caller != callee and cost > 0:
                callers[callee].append((caller, cost))
        moving = collections.Counter(self.self_cost)
        for _ in range(ROUNDS):
            moving = _hand_up(moving, callers, layer_of, layers)
        layers["other"] += sum(moving.values())
        return layers


def _hand_up(moving, callers, layer_of, layers):
    above = collections.Counter()
    for function, cost in moving.items():
        layer = layer_of(*function)
        if layer is not None:
            layers[layer] += cost
        elif not callers[function]:
            layers["other"] += cost
        else:
            whole = sum(share for _, share in callers[function])
            for caller, share in callers[function]:
                above[caller] += cost * share / whole
    return above


class _Reader:
    """One pass over the lines; names are written once and referred to by number after that."""

    def __init__(self):
        self.profile = Profile()
        self._names = {"ob": {}, "fn": {}}
        self._library = self._callee_library = self._function = self._callee = None
        self._is_call = False

    def read(self, line):
        key, _, value = line.partition("=")
        if key == "ob":
            self._library = self._name("ob", value)
        elif key == "fn":
            self._function = (_short(self._library), self._name("fn", value))
        elif key == "cob":
            self._callee_library = self._name("ob", value)
        elif key == "cfn":
            self._callee = (_short(self._callee_library or self._library), self._name("fn", value))
        elif key == "calls":
            self.profile.times[self._callee[1]] += int(value.split()[0])
            self._is_call = True
        elif line and line[0] in "0123456789+-*":
            self._cost(int(line.split()[1]))

    def _cost(self, cost):
        if not self._is_call:
            self.profile.self_cost[self._function] += cost
            return
        self.profile.calls[self._function, self._callee] += cost
        self._is_call, self._callee_library = False, None

    def _name(self, kind, value):
        number, name = NAMED.match(value).groups()
        if name is not None:
            # Recursion is written as functions of their own, name'2 and so on.
            self._names[kind][number] = re.sub(r"'\d+$", "", name)
        return self._names[kind][number]


def _short(library):
    """libcrypto of /usr/lib/x86_64-linux-gnu/libcrypto.so.3."""
    return pathlib.PurePath(library or "???").name.split(".so")[0]


def read(file):
    reader = _Reader()
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            reader.read(line.rstrip("\n"))
    return reader.profile


def plain(function, width=70):
    """A C++ function as a person would write it: few template arguments, no argument list."""
    name = function.replace("(anonymous namespace)::", "").replace("[abi:cxx11]", "")
    name = name.replace("operator ", "operator_")
    name = re.sub(r"\boperator(<<|<=>|<=|<|->|>>|>=|>|\(\))", "operator", name)
    name = re.sub(r"std::vector<([\w:]+), std::allocator<\1>\s*>", r"std::vector{\1}", name)
    while (inner := re.sub(r"<[^<>]*>|\([^()]*\)", "", name)) != name:
        name = inner
    name = re.sub(r"json_abi\w*::|\[clone [^]]*\]", "", name).replace(" const", "").strip()
    return (name.split(" ")[-1] or function)[:width]

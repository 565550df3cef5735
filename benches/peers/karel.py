"""A straightforward interpreter of Karel, for comparison: the tree of a program walked over a world of Python objects.

Reads {"repeat": n, "programs": [{"tokens": "DEF run m( ... m)", "worlds": [fields of the public data set]}]} from
stdin, runs each program in each of its worlds and writes {"runs", "seconds", "outputs"}: the time is that of the runs
alone, and an output is the hero and the markers, or null where a run did not return.
"""

import json
import sys
import time

TICKS = 200
MOST_MARKERS = 101
STEPS = {"north": (1, 0), "east": (0, 1), "south": (-1, 0), "west": (0, -1)}
CLOCKWISE = ["north", "east", "south", "west"]


class Stopped(Exception):
    """A crash, or no ticks left."""


class World:
    def __init__(self, rows, cols, row, col, facing, walls, markers):
        self.rows, self.cols = rows, cols
        self.row, self.col, self.facing = row, col, facing
        self.walls, self.markers = walls, markers
        self.ticks = TICKS

    @classmethod
    def read(cls, fields):
        row, col, facing = fields["hero"].split(":")
        walls = {tuple(map(int, place.split(":"))) for place in fields["blocked"].split()}
        markers = {}
        for item in fields["markers"].split():
            at_row, at_col, count = map(int, item.split(":"))
            markers[at_row, at_col] = count
        return cls(fields["rows"], fields["cols"], int(row), int(col), CLOCKWISE.index(facing), walls, markers)

    def copy(self):
        return World(self.rows, self.cols, self.row, self.col, self.facing, self.walls, dict(self.markers))

    def tick(self):
        self.ticks -= 1
        if self.ticks < 0:
            raise Stopped

    def is_clear(self, turn):
        up, right = STEPS[CLOCKWISE[(self.facing + turn) % 4]]
        row, col = self.row + up, self.col + right
        return 0 <= row < self.rows and 0 <= col < self.cols and (row, col) not in self.walls

    def move(self):
        if not self.is_clear(0):
            raise Stopped
        up, right = STEPS[CLOCKWISE[self.facing]]
        self.row += up
        self.col += right

    def turn_left(self):
        self.facing = (self.facing + 3) % 4

    def turn_right(self):
        self.facing = (self.facing + 1) % 4

    def pick_marker(self):
        count = self.markers.get((self.row, self.col), 0)
        if count == 0:
            raise Stopped
        if count == 1:
            del self.markers[self.row, self.col]
        else:
            self.markers[self.row, self.col] = count - 1

    def put_marker(self):
        count = self.markers.get((self.row, self.col), 0)
        if count >= MOST_MARKERS:
            raise Stopped
        self.markers[self.row, self.col] = count + 1

    def markers_present(self):
        return self.markers.get((self.row, self.col), 0) > 0


ACTIONS = {
    "move": World.move,
    "turnLeft": World.turn_left,
    "turnRight": World.turn_right,
    "pickMarker": World.pick_marker,
    "putMarker": World.put_marker,
}
TESTS = {
    "frontIsClear": lambda world: world.is_clear(0),
    "leftIsClear": lambda world: world.is_clear(3),
    "rightIsClear": lambda world: world.is_clear(1),
    "markersPresent": World.markers_present,
    "noMarkersPresent": lambda world: not world.markers_present(),
}


def parse(tokens):
    """The body of a program as nested tuples."""
    at = 3

    def condition():
        nonlocal at
        if tokens[at] == "not":
            at += 2
            inner = condition()
            at += 1
            return lambda world: not inner(world)
        at += 1
        return TESTS[tokens[at - 1]]

    def block(end):
        nonlocal at
        statements = []
        while tokens[at] != end:
            word = tokens[at]
            at += 1
            if word in ACTIONS:
                statements.append(("action", ACTIONS[word]))
            elif word == "REPEAT":
                count = int(tokens[at][2:])
                at += 2
                statements.append(("repeat", count, block("r)")))
            else:
                at += 1
                test = condition()
                at += 2
                if word == "WHILE":
                    statements.append(("while", test, block("w)")))
                elif word == "IF":
                    statements.append(("if", test, block("i)"), []))
                else:
                    then = block("i)")
                    at += 2
                    statements.append(("if", test, then, block("e)")))
        at += 1
        return statements

    return block("m)")


def execute(block, world):
    for statement in block:
        kind = statement[0]
        if kind == "action":
            world.tick()
            statement[1](world)
        elif kind == "repeat":
            for _ in range(statement[1]):
                world.tick()
                execute(statement[2], world)
        elif kind == "while":
            while True:
                world.tick()
                if not statement[1](world):
                    break
                execute(statement[2], world)
        else:
            world.tick()
            execute(statement[2] if statement[1](world) else statement[3], world)


def run(program, world):
    world = world.copy()
    try:
        execute(program, world)
    except Stopped:
        return None
    return world


def shown(world):
    if world is None:
        return None
    markers = [f"{row}:{col}:{count}" for (row, col), count in world.markers.items()]
    return [f"{world.row}:{world.col}:{CLOCKWISE[world.facing]}", " ".join(sorted(markers))]


def main():
    job = json.load(sys.stdin)
    tasks = [(parse(it["tokens"].split()), [World.read(fields) for fields in it["worlds"]]) for it in job["programs"]]
    outputs = [shown(run(program, world)) for program, worlds in tasks for world in worlds]
    start = time.perf_counter()
    for _ in range(job["repeat"]):
        for program, worlds in tasks:
            for world in worlds:
                run(program, world)
    seconds = time.perf_counter() - start
    json.dump({"runs": job["repeat"] * len(outputs), "seconds": seconds, "outputs": outputs}, sys.stdout)


if __name__ == "__main__":
    main()

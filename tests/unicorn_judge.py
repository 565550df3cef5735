"""A second judge of the x86 subset: Unicorn runs the states that iocc wrote (`make unicorn`).

Each line of the file is one instruction on one machine: {"text", "code", "before", "after"}. A machine is the words of
`iocc::lang::x86::state` and of the memory area; `after` is null where iocc says that the division traps, and a flag is 2
in it where the architecture leaves it undefined. Unicorn (GPL) is no part of iocc and is not shipped with it.
"""

import collections
import json
import struct
import sys

from unicorn import UC_ARCH_X86, UC_HOOK_INTR, UC_MODE_64, Uc, UcError
from unicorn import x86_const as x86

CODE, AREA, STACK, PAGE = 0x100000, 0x200000, 0x300000, 0x1000
LOW, HIGH, FLAGS, VECTORS, WORDS = 0, 16, 32, 38, 70
UNDEFINED = 2
DIVIDE = 0  # the processor's exception
BITS = [0, 2, 4, 6, 7, 11]
NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split()
GENERAL = [getattr(x86, f"UC_X86_REG_{name.upper()}") for name in NAMES]
XMM = [getattr(x86, f"UC_X86_REG_XMM{number}") for number in range(8)]
POINTERS = {4: STACK + PAGE // 2}  # rsp; rbp depends on the area's length


def machine(raised):
    """An engine with room for code, the memory area and a stack, which tells exceptions in `raised`."""
    engine = Uc(UC_ARCH_X86, UC_MODE_64)
    engine.ctl_set_cpu_model(x86.UC_CPU_X86_HASWELL)
    for address in (CODE, AREA, STACK):
        engine.mem_map(address, PAGE)
    engine.hook_add(UC_HOOK_INTR, lambda engine, number, _: (raised.append(number), engine.emu_stop()))
    return engine


def load(engine, before):
    """Puts a machine into the engine; `rbp` points to the area's last word."""
    state, memory = before["state"], before["memory"]
    engine.mem_write(AREA, struct.pack(f"<{len(memory)}i", *memory))
    pointers = {**POINTERS, 5: AREA + 4 * len(memory) - 4}
    for number, register in enumerate(GENERAL):
        low, high = state[LOW + number] & 0xFFFFFFFF, state[HIGH + number] & 0xFFFFFFFF
        engine.reg_write(register, pointers.get(number, low | high << 32))
    flags = sum((state[FLAGS + number] == 1) << bit for number, bit in enumerate(BITS))
    engine.reg_write(x86.UC_X86_REG_EFLAGS, flags | 2)
    for number, register in enumerate(XMM):
        words = [word & 0xFFFFFFFF for word in state[VECTORS + 4 * number : VECTORS + 4 * number + 4]]
        engine.reg_write(register, sum(word << 32 * lane for lane, word in enumerate(words)))


def difference(engine, after):
    """What the engine holds otherwise than `after` says."""
    state, memory = after["state"], after["memory"]
    for number, register in enumerate(GENERAL):
        wanted = state[LOW + number] & 0xFFFFFFFF | (state[HIGH + number] & 0xFFFFFFFF) << 32
        if number not in (4, 5) and engine.reg_read(register) != wanted:
            return f"{NAMES[number]} is {engine.reg_read(register):#x}, not {wanted:#x}"
    flags = engine.reg_read(x86.UC_X86_REG_EFLAGS)
    for number, bit in enumerate(BITS):
        wanted = state[FLAGS + number]
        if wanted != UNDEFINED and flags >> bit & 1 != wanted:
            return f"flag {'cpazso'[number]} is {flags >> bit & 1}, not {wanted}"
    for number, register in enumerate(XMM):
        words = [word & 0xFFFFFFFF for word in state[VECTORS + 4 * number : VECTORS + 4 * number + 4]]
        wanted = sum(word << 32 * lane for lane, word in enumerate(words))
        if engine.reg_read(register) != wanted:
            return f"xmm{number} is {engine.reg_read(register):#x}, not {wanted:#x}"
    held = list(struct.unpack(f"<{len(memory)}i", engine.mem_read(AREA, 4 * len(memory))))
    return None if held == memory else f"memory is {held}, not {memory}"


def run(engine, raised, sample):
    """What differs on one sample. `raised` is filled with the exceptions of the processor."""
    raised.clear()
    code = bytes.fromhex(sample["code"])
    engine.mem_write(CODE, code)
    engine.ctl_remove_cache(CODE, CODE + PAGE)
    load(engine, sample["before"])
    try:
        engine.emu_start(CODE, CODE + len(code))
    except UcError as error:
        return f"stops: {error}"
    if raised not in ([], [DIVIDE]):
        return f"raises {raised}"
    if (sample["after"] is None) != (raised == [DIVIDE]):
        return "traps, which iocc does not" if raised else "does not trap, which iocc does"
    return None if raised else difference(engine, sample["after"])


def main(path):
    """Runs all samples of a file; the exit status tells whether some differ."""
    raised, count, traps, wrong = [], 0, 0, collections.Counter()
    engine = machine(raised)
    with open(path, encoding="utf-8") as file:
        for line in file:
            sample = json.loads(line)
            count += 1
            traps += sample["after"] is None
            told = run(engine, raised, sample)
            if raised:
                # An engine tells its first exception only.
                engine = machine(raised)
            if told:
                word = sample["text"].split()[0]
                wrong[word] += 1
                if wrong[word] <= 3:
                    print(f"{sample['text'].strip()} ({sample['code']}): {told}; before: {sample['before']}")
    print(f"Unicorn: {count} states, {traps} of them trap, {sum(wrong.values())} differ {dict(wrong) or ''}")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

//! The functions of C's library that compilers call unasked, for object files that do not hold them.

use super::object::Function;
use super::{ast, encode, parse};

/// Each is followed by the next, or by the end.
const NAMES: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "strlen"];

const SOURCE: &str = "
memcpy:
    movq %rdi, %rax
    movq %rdx, %rcx
    rep movsb
    ret
memmove:
    movq %rdi, %rax
    movq %rdi, %rcx
    subq %rsi, %rcx
    cmpq %rdx, %rcx
    movq %rdx, %rcx
    jb .Lbackwards
    rep movsb
    ret
.Lbackwards:
    testq %rcx, %rcx
    je .Lmoved
    movzbl -1(%rsi,%rcx), %edx
    movb %dl, -1(%rdi,%rcx)
    subq $1, %rcx
    jmp .Lbackwards
.Lmoved:
    ret
memset:
    movq %rdi, %r8
    movl %esi, %eax
    movq %rdx, %rcx
    rep stosb
    movq %r8, %rax
    ret
memcmp:
    xorl %ecx, %ecx
.Lbyte:
    cmpq %rdx, %rcx
    je .Lsame
    movzbl (%rdi,%rcx), %eax
    movzbl (%rsi,%rcx), %r8d
    addq $1, %rcx
    subl %r8d, %eax
    je .Lbyte
    ret
.Lsame:
    xorl %eax, %eax
    ret
strlen:
    xorl %eax, %eax
.Lnext:
    cmpb $0, (%rdi,%rax)
    je .Lend
    addq $1, %rax
    jmp .Lnext
.Lend:
    ret
";

/// Whether there is such a function.
pub fn has(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The code of all at an address, and where each is.
pub fn code(address: u64) -> (Vec<u8>, Vec<Function>) {
    let program = parse(SOURCE, ast::Syntax::Att).expect("it is in the subset");
    let (bytes, starts) = encode(&program, address).expect("each instruction has a code");
    let at = |name: &str| {
        let label = program.labels.iter().find(|label| label.name == name).expect("each name is a label");
        starts[label.at as usize] as u64
    };
    let begins: Vec<u64> = NAMES.iter().map(|name| at(name)).chain([bytes.len() as u64]).collect();
    let both = NAMES.iter().zip(begins.windows(2));
    let function = |(name, range): (&&str, &[u64])| Function {
        name: (*name).to_owned(),
        address: address + range[0],
        size: range[1] - range[0],
    };
    let functions = both.map(function).collect();
    (bytes, functions)
}

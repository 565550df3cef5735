    addl eax, ebx
    add eax, [rbx]
    .globl main
    jmp *%rax
    addl 3, %eax

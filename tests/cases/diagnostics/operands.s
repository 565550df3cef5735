    addl %eax, %rbx
    addl %eax
    mov $1, -4(%rbp)
    addl %eax, $3
    addb $300, %al
    movl (%eax), %ecx
    movl (%rax,%rcx,3), %ecx
    movl 4(%rip), %eax

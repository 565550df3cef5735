    movl 4(%rip), %eax

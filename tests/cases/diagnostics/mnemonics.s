    adl $2, %ecx
    cpuid
    movl %eax, %ebz
    movl %cr0, %eax

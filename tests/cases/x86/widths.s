# Every width, memory, flags that later instructions read, a shift by a register.
    movb $7, -3(%rbp)
    movzbl -3(%rbp), %eax
    movw %ax, -8(%rbp)
    movslq %eax, %rcx
    addq %rcx, %rdx
    adcl $-1, %ebx
    shll %cl, %ebx
    setb %ah
    cqto
    movabsq $1234567890123, %r9
    leaq 5(%rcx,%rdx,4), %rsi
    pminsd %xmm1, %xmm0
    movd %xmm0, %edi

# The ecx-th Fibonacci number into eax, by calls of itself.
    call fib
    jmp end
fib:
    cmpl $2, %ecx
    jl small
    push %rcx
    subl $1, %ecx
    call fib
    pop %rcx
    push %rax
    subl $2, %ecx
    call fib
    pop %rbx
    addl %ebx, %eax
    ret
small:
    movl %ecx, %eax
    ret
end:

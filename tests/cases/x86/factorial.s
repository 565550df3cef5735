# ecx! into eax: a loop that ends when ecx is 0.
    movl $1, %eax
.L1:
    imull %ecx, %eax
    subl $1, %ecx
    jne .L1

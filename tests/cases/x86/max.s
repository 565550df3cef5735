# The larger of eax and ebx, into eax.
    cmpl %eax, %ebx
    cmovgl %ebx, %eax

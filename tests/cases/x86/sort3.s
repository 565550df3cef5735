# Sorts eax, ebx and ecx by three exchanges of conditional moves; edx is scratch.
.intel_syntax noprefix
    mov edx, eax
    cmp ebx, eax
    cmovl eax, ebx
    cmovl ebx, edx
    mov edx, ebx
    cmp ecx, ebx
    cmovl ebx, ecx
    cmovl ecx, edx
    mov edx, eax
    cmp ebx, eax
    cmovl eax, ebx
    cmovl ebx, edx

.L1:
    jne .L2
    jmpp .L1
.L1:
    call nowhere

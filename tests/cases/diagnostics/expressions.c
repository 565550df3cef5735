int f(int n, int a[])
{
    n = ; //~ E0001 an expression is wanted here, not `;`
    n = 3 +; //~ E0001 an expression is wanted here, not `;`
    n = (3 + ); //~ E0001 an expression is wanted here, not `)`
    n = n n; //~ E0001 an operator or `;` is wanted here, not `n`
    f(n, ); //~ E0001 an expression is wanted here, not `)`
    a[] = 1; //~ E0001 an expression is wanted here, not `]`
    n = n <> 2; //~ E0001 an expression is wanted here, not `>`
    n = a[1 2]; //~ E0001 an operator or `]` is wanted here, not `2`
    return n;
}

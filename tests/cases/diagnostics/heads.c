int f(int n)
{
    if n > 0 //~ E0001 a `(` is wanted after `if`, not `n`
    {
        n = 1;
    }
    while () //~ E0001 an expression is wanted here, not `)`
    {
        n = 2;
    }
    for (int i = 0; i < n) //~ E0001 the head of a `for` is not complete
    {
        n = 3;
    }
    for (n = 0, n; n++) //~ E0001 the head of a `for` is not complete
    {
        n = 3;
    }
    n = 4;
    int while = 3; //~ E0001 `while` is a keyword and cannot be a name
    int = 4; //~ E0001 a name is wanted after `int`, not `=`
    return n;
}

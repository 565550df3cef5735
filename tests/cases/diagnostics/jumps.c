int f(int n)
{
    switch n //~ E0001 an expression is wanted here
    {
        return 2;
    }
    goto end; //~ E0002 `goto` is not in the subset
    n = 1;
end: //~ E0002 labels and `goto` are not in the subset
    return n;
}

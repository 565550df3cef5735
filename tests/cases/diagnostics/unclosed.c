int f(int x)
{ //~ E0004 this `{` is never closed
    if (x)
    {
        return 1;
    return 2;
}

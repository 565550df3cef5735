int f(int x)
{
    return (x + 1]; //~ E0004 `]` where `)` is wanted
}

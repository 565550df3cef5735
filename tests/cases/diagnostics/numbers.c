int f(int n)
{
    n = 2147483648; //~ E0009 does not fit in `int`
    n = -2147483649; //~ E0009 does not fit in `int`
    n = (-99999999999999999999999999); //~ E0009 does not fit in `int`
    n = 010; //~ E0002 octal constants are not in the subset
    return n;
}

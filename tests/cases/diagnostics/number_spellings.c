int f(int n)
{
    n = 0x1F; //~ E0002 hexadecimal constants are not in the subset
    n = 1.5; //~ E0002 floating-point numbers are
    n = 1e3; //~ E0002 floating-point numbers are
    n = 10u; //~ E0002 suffixes of constants are
    n = 1x; //~ E0002 constants that are not decimal are
    return n;
}

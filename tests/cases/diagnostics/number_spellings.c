int f(int n)
{
    n = 1.5; //~ E0002 floating-point numbers are
    n = 1e3; //~ E0002 floating-point numbers are
    n = 1x; //~ E0001 `1x` is no number
    n = 0b11; //~ E0001 `0b11` is no number
    return n;
}

int f(int n)
{
    n = 9223372036854775808; //~ E0009 does not fit in any
    n = -9223372036854775809; //~ E0009 does not fit in any
    n = (-99999999999999999999999999); //~ E0009 does not fit in any
    n = 0x10000000000000000; //~ E0009 does not fit in any
    return n;
}

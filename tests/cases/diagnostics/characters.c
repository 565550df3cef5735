int f(int n)
{
    n = n @ 1; //~ E0007 `@` is no character of C
    n = n × 2; //~ E0007 `×` is no character of C
    return n;
}

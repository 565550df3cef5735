#define N (3 + missing)
#define M 4

int f(int n)
{
    n = N; //~ E0012 unknown variable `missing`
    n = M + other; //~ E0012 unknown variable `other`
    return n;
}

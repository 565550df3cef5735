#define MAX(a, b) a //~ E0002 macros with parameters are not in the subset
#if 1 //~ E0002 other than `#include` and `#define`
#define N 3
#define N 4 //~ E0011 is defined twice

int f(int n)
{
    return n;
}

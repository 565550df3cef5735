//! test parse ir interp
#include <stdio.h> //~ E0033 `#include` is ignored
#include "own.h" //~ E0033 `#include` is ignored
#define N 5
#define DOUBLE (N * 2) // names within are replaced too
#define EMPTY
#define word int
#undef word

int f(int a[])
{
    int b[N] EMPTY;
    for (int i = 0; i < DOUBLE / 2; i++)
    {
        b[i] = -N * i;
    }
    return b[a[0]] + N;
}
//! run f([2]) == -5
//! run f([4]) == -15
//! run f([5]) traps out_of_bounds

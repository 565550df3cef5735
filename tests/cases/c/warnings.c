//! test parse ir
void f(int a[], int x)
{
    x == 1; //~ E0032 the value of this statement is not used
    a[0]; //~ E0032 not used
    -x; //~ E0032 not used
    x + 1; //~ E0032 not used
    x && x++;
    f(a, x);
}

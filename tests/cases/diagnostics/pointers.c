int f(int a[], int n)
{
    int *p = a; //~ E0002 pointers, except as parameters
    *a = 1; //~ E0002 pointers, except as parameters
    n = *a; //~ E0002 pointers, except as parameters
    g(&n); //~ E0002 addresses of variables
    return n;
}
